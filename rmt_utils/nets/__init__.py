"""Networks: EDM preconditioning and sampler, UNet, DiT, MLP, resumable training. All but ``recipe`` need torch."""
