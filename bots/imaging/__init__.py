"""Pictures as bytes: decoded safely, fetched under guard."""
