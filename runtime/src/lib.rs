//! Weight-sharing supernets on libtorch: training, search, derivation, evaluation.
