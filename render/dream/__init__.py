"""Dreams: one canvas dreamed by a network that is asked for something."""
