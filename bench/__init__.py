"""What this ledger costs, measured against floors and peers in the same run (`steward bench`)."""
