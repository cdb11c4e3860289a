"""What a plan is made of: sections recognised, messages aligned, differences named."""
