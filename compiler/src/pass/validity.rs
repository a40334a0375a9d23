//! Which networks are valid, whatever their absent decisions would be.
//!
//! A `forbid` may look at a decision that does not exist in a network. The network is left as long as
//! some option of that decision leaves it, since all of them stand for the same one. Afterwards an
//! assignment is valid exactly when its canonical form is.

use crate::ir::{DecisionId, Graph};
use crate::vary::{FALSE, TRUE, Vary};

/// Makes `valid` blind to absent decisions. Liveness is settled before.
pub fn validity(graph: &mut Graph) {
    let settled: Vec<(DecisionId, Vary)> =
        graph.decision_ids().map(|(id, decision)| (id, decision.exists)).collect();
    let diagrams = &mut graph.diagrams;
    let mut valid = graph.valid;
    // Whether a decision exists depends on existing ones alone, so each turn keeps what the others did.
    for (decision, exists) in settled.into_iter().rev() {
        if exists == TRUE || !diagrams.support(valid).contains(&decision) {
            continue;
        }
        let mut any = FALSE;
        for option in 0..diagrams.arity(decision) {
            let here = diagrams.restrict(valid, decision, option);
            any = diagrams.or(any, here);
        }
        valid = diagrams.ite(exists, valid, any);
    }
    graph.valid = valid;
}
