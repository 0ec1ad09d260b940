"""The pure rules of the factory: no database, no clock; each module one section of manufacturing.md."""
