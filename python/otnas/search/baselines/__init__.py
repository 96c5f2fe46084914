"""Search methods of others, to compare with."""
