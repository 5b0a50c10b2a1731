use crate::command::BenchArguments;
use crate::failure::Failure;
pub mod client {
    use super::Failure;
    pub async fn run(_: crate::command::BenchClientArguments) -> Result<(), Failure> { Err(Failure::failed("x")) }
}
pub async fn run(_: BenchArguments) -> Result<(), Failure> { Err(Failure::failed("x")) }
