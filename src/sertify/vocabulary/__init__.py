"""The words: reasons, outcomes, emotions, corpora, languages, how names stand in a message."""
