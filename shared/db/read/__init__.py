"""What one service may read of another's tables; nothing here writes."""
