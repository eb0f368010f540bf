"""An image of a study as DICOMweb tells of it: identifiers, instance, query, answers. Knows no server and no database."""
