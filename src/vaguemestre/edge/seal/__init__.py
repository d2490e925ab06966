"""Keys, certificates, CMS and the signed files, one outside form per file."""
