"""Schema changes, shipped inside the package and applied at start."""
