"""What stands around every route: who may come, how much a request may bring, how it is counted, and how errors are told."""
