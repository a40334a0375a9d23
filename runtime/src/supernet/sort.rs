//! Channels in the order of their importance.
//!
//! A narrower network has the leading channels of a wider one. Before widths are trained, the channels of each elastic
//! width are put in order, those first that the weights behind them make most of (the sum of their absolute values; Cai
//! et al., Once-for-all, ICLR 2020). Promises: the largest network computes what it did, and so does every network
//! that was trained before, since channels stay within the bounds of its widths.

use nasc_compiler::remap::{Lane, Sort};

use super::{ParamStore, StoreError};
use crate::torch::{self, Kind, Tensor, TorchError};

/// Puts the channels in order.
///
/// # Errors
/// If libtorch refuses.
pub fn sort_channels(store: &mut ParamStore, sorts: &[Sort]) -> Result<(), StoreError> {
    let _guard = torch::no_grad();
    for sort in sorts {
        let mut importance = vec![0.0; sort.length as usize];
        for lane in &sort.read {
            let path = store.entries()[lane.param.index()].path.clone();
            let sums = sums_along(store.tensor(lane.param), lane)
                .map_err(|source| StoreError::Torch { path: path.to_string(), source })?;
            for (importance, sum) in importance.iter_mut().zip(sums) {
                *importance += sum;
            }
        }
        let order = order(&importance, &sort.bounds);
        for lane in &sort.carried {
            let path = store.entries()[lane.param.index()].path.clone();
            let moved = rearranged(store.tensor(lane.param), lane, &order)
                .map_err(|source| StoreError::Torch { path: path.to_string(), source })?;
            store.set(lane.param, &moved)?;
        }
    }
    Ok(())
}

/// Which channel comes to each place: by falling importance between one bound and the next, equal ones as they were.
fn order(importance: &[f64], bounds: &[u32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..importance.len()).collect();
    let ends = bounds.iter().map(|&bound| bound as usize).chain([importance.len()]);
    let mut start = 0;
    for end in ends {
        order[start..end].sort_by(|&a, &b| importance[b].total_cmp(&importance[a]));
        start = end;
    }
    order
}

/// The sum of the absolute values at each place of a lane.
fn sums_along(tensor: &Tensor, lane: &Lane) -> Result<Vec<f64>, TorchError> {
    let axis = lane.axis as i64;
    let part = torch::narrow(tensor, axis, i64::from(lane.start), i64::from(lane.length))?;
    let rest: Vec<i64> = (0..part.dim() as i64).filter(|&other| other != axis).collect();
    let sums = part.f_abs()?.f_sum_dim_intlist(&rest[..], false, Kind::Double)?;
    Ok(Vec::try_from(&sums.f_to_device(torch::Device::Cpu)?)?)
}

/// A tensor with the channels of a lane in a new order.
fn rearranged(tensor: &Tensor, lane: &Lane, order: &[usize]) -> Result<Tensor, TorchError> {
    let axis = lane.axis as i64;
    let length = tensor.size().get(lane.axis).copied().unwrap_or(0);
    let mut places: Vec<i64> = (0..length).collect();
    let start = i64::from(lane.start);
    // What is carried by a copy for one width ends at a bound, which no channel crosses.
    for (place, &from) in order.iter().take(lane.length as usize).enumerate() {
        places[start as usize + place] = start + from as i64;
    }
    let places = Tensor::f_from_slice(&places)?.f_to_device(tensor.device())?;
    Ok(tensor.f_index_select(axis, &places)?)
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn channels_are_ordered_between_bounds() {
        let importance = [1.0, 4.0, 4.0, 9.0, 0.5, 7.0];
        assert_eq!(order(&importance, &[]), [3, 5, 1, 2, 0, 4]);
        assert_eq!(order(&importance, &[2, 4]), [1, 0, 3, 2, 5, 4]);
    }
}
