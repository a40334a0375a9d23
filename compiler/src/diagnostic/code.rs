//! Every code, with its page.
