//! Numbers in the specifications are the constants in the code.
