"""One module per tool that writes artifacts; `load_artifact` chooses among them."""
