"""Pictures: frames as tensors, and where their pixels come from."""
