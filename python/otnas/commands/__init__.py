"""The commands of ``otnas``, one module each; only these modules print."""
