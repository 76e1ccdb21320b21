// ProofOfRender
