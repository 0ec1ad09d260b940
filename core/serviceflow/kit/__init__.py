"""What several trades need and the core itself does not."""
