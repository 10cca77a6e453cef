"""Administrative units as of a date, their succession (merge, split, rename) and their import."""
