//! How money is held.

/// How money is held: by one side alone, or by one of the routes to joint money (Health Act 1999 s31, s28A, joint finance, grants).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// One side's own money.
    Mainstream,
    /// Pooled budget.
    Pooled,
    /// One side commissions for both.
    LeadCommissioning,
    /// One provider for both.
    IntegratedProvision,
    /// A joint investment plan: a plan, not money; agreements only.
    JointInvestmentPlan,
    /// An earmarked grant.
    Grant,
    /// Joint finance.
    JointFinance,
    /// A transfer from one side to the other.
    Transfer,
}

impl Mechanism {
    /// What a budget line can be.
    pub const OF_LINES: [Self; 7] = [
        Self::Mainstream,
        Self::Pooled,
        Self::LeadCommissioning,
        Self::IntegratedProvision,
        Self::Grant,
        Self::JointFinance,
        Self::Transfer,
    ];

    /// What an agreement can be.
    pub const OF_AGREEMENTS: [Self; 7] = [
        Self::Pooled,
        Self::LeadCommissioning,
        Self::IntegratedProvision,
        Self::JointInvestmentPlan,
        Self::JointFinance,
        Self::Transfer,
        Self::Grant,
    ];

    /// The word used in config and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mainstream => "mainstream",
            Self::Pooled => "pooled",
            Self::LeadCommissioning => "lead_commissioning",
            Self::IntegratedProvision => "integrated_provision",
            Self::JointInvestmentPlan => "joint_investment_plan",
            Self::Grant => "grant",
            Self::JointFinance => "joint_finance",
            Self::Transfer => "transfer",
        }
    }

    /// The mechanism that `text` names, among `allowed`.
    pub fn parse(text: &str, allowed: &[Self]) -> Option<Self> {
        allowed.iter().copied().find(|mechanism| mechanism.as_str() == text)
    }

    /// Whether it is one of the flexibilities of the Health Act 1999 s31: pooled, lead commissioning, integrated provision.
    pub fn is_flexibility(self) -> bool {
        matches!(self, Self::Pooled | Self::LeadCommissioning | Self::IntegratedProvision)
    }

    /// Whether it is earmarked or marginal money: a grant or joint finance.
    pub fn is_earmarked(self) -> bool {
        matches!(self, Self::Grant | Self::JointFinance)
    }
}
