"""Channels: how a finished message leaves the shop. Each module is loaded when a channel of its kind is used."""
