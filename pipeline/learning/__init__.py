"""Models as arrays: trained with scikit-learn and CRFsuite, run with numpy alone, saved without pickle."""
