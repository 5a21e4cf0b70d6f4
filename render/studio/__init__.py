"""The studio: a film flown live in a browser, and recorded as its own schedule. `protocol` says what page and server exchange."""
