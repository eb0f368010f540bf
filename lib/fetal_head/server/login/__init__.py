"""Who is at the other end: users of the server's own, or those of an OpenID provider."""
