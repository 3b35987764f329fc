"""Objects that live in processes of their own, which are watched and can be ended."""
