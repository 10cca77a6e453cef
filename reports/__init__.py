"""What a unit must say each year: catalogue, periods, reports, workflow, consolidation and what comes out."""
