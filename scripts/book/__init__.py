"""The book: the pages of docs/ as a site, tried; see scripts/docs."""
