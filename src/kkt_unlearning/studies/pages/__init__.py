"""Pages made of results: templates filled with rows of the scorecard and of tables."""
