use crate::command::DoctorArguments;
use crate::failure::Failure;
pub async fn run(_: DoctorArguments) -> Result<(), Failure> { Err(Failure::failed("x")) }
