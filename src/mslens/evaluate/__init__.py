"""How models are judged: folds, leakage audit, metrics, calibration, intervals, cards: pure."""
