"""Plan, ledger, engines and provenance: how steps run, resume and are recorded."""
