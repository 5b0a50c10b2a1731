//! The product behind its router and its doors, on both databases: one program for all, so that it is linked once.
#![allow(clippy::unwrap_used)]

mod attacks;
mod dead_letters;
mod desk;
mod doctor;
mod erasure;
mod features;
mod laws;
mod leases;
mod limits;
mod people;
mod segments;
mod shop;
mod stream;
mod workspaces;
