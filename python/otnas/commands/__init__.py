"""The commands of ``otnas``, a module each; these, and only these, print."""
