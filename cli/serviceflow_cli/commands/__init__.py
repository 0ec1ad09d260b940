"""One module per noun; loaded only when its command runs. They are listed in `serviceflow_cli.table`."""
