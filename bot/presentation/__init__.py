"""What people and scripts are shown, before any surface puts it into its own form."""
