//! The flags of this process, as they are stored: from before the door opens until the server ends.

use std::sync::Arc;

use banyan_flags::{FlagsTenant, Follower, Part, SERVICE, Surroundings};

use crate::data::DataDirectory;
use crate::house::House;
use crate::settings::Loaded;

/// Where snapshots are kept.
pub(super) fn folder(data: &DataDirectory) -> std::path::PathBuf {
    data.path().join("flags")
}

/// Takes the flags as they are stored, or as they were kept where the store does not answer.
pub(super) async fn begin(house: &House, loaded: &Loaded, data: &DataDirectory) -> Option<Follower> {
    let room = house.rooms.iter().find(|room| room.service.name == SERVICE)?;
    let (identity, applications) = (house.identity.clone(), house.applications.clone());
    let tenants = move || {
        let tenants = identity.tenants().into_iter();
        let known = tenants.filter_map(|tenant| {
            let application = applications.get(&tenant.application)?.clone();
            Some(FlagsTenant { id: tenant.id, name: tenant.name.to_string(), application })
        });
        known.collect()
    };
    let surroundings = Surroundings {
        directory: Some(folder(data)),
        bootstrap: loaded.settings.flags.bootstrap.clone(),
        tenants: Arc::new(tenants),
        part: if house.roles.have(SERVICE) { Part::Serves } else { Part::Evaluates },
    };
    Some(Follower::begin(&room.host, surroundings).await)
}
