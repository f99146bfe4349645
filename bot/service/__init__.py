"""What a surface may ask for, under one policy: permission, limits and audit."""
