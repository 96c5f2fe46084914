"""Published search methods for comparison."""
