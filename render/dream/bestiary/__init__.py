"""The bestiary: the embedded network, trained by the project on pictures that the project draws itself."""
