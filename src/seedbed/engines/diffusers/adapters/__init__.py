"""One module a family of models; each offers `ADAPTER`."""
