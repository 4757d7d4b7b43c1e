"""Selection, harmonisation and regression as scikit-learn estimators; nested evaluation."""
