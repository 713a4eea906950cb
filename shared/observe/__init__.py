"""State that is read at scrape time, so that every replica shows the same (design §2.11)."""
