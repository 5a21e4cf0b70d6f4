"""The studio: a film flown live in a browser, and recorded as its own schedule. `protocol` is what page and server say."""
