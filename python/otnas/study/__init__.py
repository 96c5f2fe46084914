"""Studies: searches that train for real, lose nothing and go on after anything."""
