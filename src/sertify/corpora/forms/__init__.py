"""One file for each form that labelled audio comes in: a folder of it to a listing of clips."""
