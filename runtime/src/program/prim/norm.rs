//! Batch normalisation.

use nasc_compiler::ir::Role;
use nasc_compiler::vary::Real;

use super::Run;
use crate::program::site::Site;
use crate::program::{Cut, Norms, ProgramError};
use crate::torch::{self, BatchNorm, Tensor, TorchError};

/// A batch normalisation over the channels of `[N, C, …]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Norm {
    /// Gamma `[C]`; one where absent.
    pub weight: Option<Cut>,
    /// Beta `[C]`; zero where absent.
    pub bias: Option<Cut>,
    /// The running statistics; without them the batch's own are always used.
    pub running: Option<Running>,
    /// Added to the variance under the root.
    pub eps: Real,
    /// The share of a batch in the running statistics.
    pub momentum: Real,
}

/// The running statistics of a normalisation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Running {
    /// Mean `[C]`.
    pub mean: Cut,
    /// Unbiased variance `[C]`.
    pub var: Cut,
    /// The entry in statistics apart from the parameters.
    pub slot: u32,
}

pub(super) fn lower(site: &Site<'_>) -> Result<Norm, ProgramError> {
    let running = match (site.param(Role::RunningMean), site.param(Role::RunningVar)) {
        (Some(mean), Some(var)) => Some(Running { mean, var, slot: 0 }),
        _ => None,
    };
    Ok(Norm {
        weight: site.param(Role::NormWeight),
        bias: site.param(Role::NormBias),
        running,
        eps: site.real("eps")?,
        momentum: site.real("momentum")?,
    })
}

impl Norm {
    pub(super) fn cuts(&self) -> Vec<&Cut> {
        let affine = self.weight.iter().chain(&self.bias);
        affine.chain(self.running.iter().flat_map(|r| [&r.mean, &r.var])).collect()
    }

    pub(super) fn apply(
        &self,
        run: &mut Run<'_, '_>,
        input: &Tensor,
    ) -> Result<Tensor, TorchError> {
        let params = run.params;
        let weight = self.weight.as_ref().map(|weight| weight.take(params)).transpose()?;
        let bias = self.bias.as_ref().map(|bias| bias.take(params)).transpose()?;
        let with = BatchNorm {
            weight: weight.as_deref(),
            bias: bias.as_deref(),
            running: None,
            training: false,
            momentum: self.momentum.value(),
            eps: self.eps.value(),
        };
        let Some(Running { mean, var, slot }) = &self.running else {
            return torch::batch_norm(input, BatchNorm { training: true, ..with });
        };
        match run.norms {
            Norms::Eval => {
                let (mean, var) = (mean.take(params)?, var.take(params)?);
                torch::batch_norm(input, BatchNorm { running: Some((&mean, &var)), ..with })
            }
            Norms::With(statistics) => {
                let moments = &statistics.slots[*slot as usize];
                let running = Some((&moments.mean, &moments.var));
                torch::batch_norm(input, BatchNorm { running, ..with })
            }
            Norms::Train => {
                has_a_variance(input)?;
                let (now_mean, now_var) = (mean.take(params)?, var.take(params)?);
                let running = Some((&*now_mean, &*now_var));
                let output =
                    torch::batch_norm(input, BatchNorm { running, training: true, ..with })?;
                if mean.is_copied() {
                    mean.put(params, &now_mean)?;
                    var.put(params, &now_var)?;
                }
                Ok(output)
            }
            Norms::Calibrate { into, by } => {
                has_a_variance(input)?;
                let moments = &mut into.slots[*slot as usize];
                let momentum = moments.next(*by);
                let running = Some((&moments.mean, &moments.var));
                let with = BatchNorm { running, training: true, momentum, ..with };
                torch::batch_norm(input, with)
            }
        }
    }
}

/// One value per channel has no unbiased variance: libtorch would store NaN and say nothing.
fn has_a_variance(input: &Tensor) -> Result<(), TorchError> {
    let size = input.size();
    if size.get(1).is_some_and(|&channels| input.numel() as i64 <= channels) {
        return Err(TorchError::Refused(format!(
            "the statistics of a batch {size:?} need more than one value per channel"
        )));
    }
    Ok(())
}
