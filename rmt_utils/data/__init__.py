"""Images in: sources, the pictures of folders and of the hub, photographs, splits."""
