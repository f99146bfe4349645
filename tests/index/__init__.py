"""The index, through its front doors."""
